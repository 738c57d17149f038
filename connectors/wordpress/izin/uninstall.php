<?php
/**
 * Removes what the plugin kept in WordPress. What İzin holds stays there: it is the record of the consents.
 *
 * @package Izin
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

global $wpdb;

wp_clear_scheduled_hook( 'izin_work' );
foreach ( array( 'izin_settings', 'izin_secrets', 'izin_token', 'izin_after', 'izin_pause', 'izin_seen', 'izin_fault', 'izin_lock', 'izin_tables', 'izin_place', 'izin_pause_send', 'izin_fault_send' ) as $izin_option ) {
	delete_option( $izin_option );
}
// phpcs:ignore WordPress.DB.DirectDatabaseQuery
$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}izin_queue, {$wpdb->prefix}izin_consents" );
foreach ( array( 'izin_proven', 'izin_ask', 'izin_unasked' ) as $izin_meta ) {
	delete_metadata( 'user', 0, $izin_meta, '', true );
}
