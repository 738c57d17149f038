<?php
/**
 * WordPress's own privacy tools: export, erasure, the text for the privacy policy.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- own tables, whose names hold no input.

/**
 * Addresses are e-mails: that is what WordPress's tools ask with.
 */
class Izin_Privacy {

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_filter( 'wp_privacy_personal_data_exporters', array( __CLASS__, 'exporters' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( __CLASS__, 'erasers' ) );
		add_action( 'admin_init', array( __CLASS__, 'policy' ) );
	}

	/**
	 * Adds the exporter.
	 *
	 * @param array $all Those that there are.
	 * @return array
	 */
	public static function exporters( $all ) {
		$all['izin'] = array(
			'exporter_friendly_name' => __( 'Consents (İzin)', 'izin' ),
			'callback'               => array( __CLASS__, 'export' ),
		);
		return $all;
	}

	/**
	 * Adds the eraser.
	 *
	 * @param array $all Those that there are.
	 * @return array
	 */
	public static function erasers( $all ) {
		$all['izin'] = array(
			'eraser_friendly_name' => __( 'Consents (İzin)', 'izin' ),
			'callback'             => array( __CLASS__, 'erase' ),
		);
		return $all;
	}

	/**
	 * What is kept of a person.
	 *
	 * @param string $email Whose.
	 * @return array
	 */
	public static function export( $email ) {
		global $wpdb;
		$address = Izin_Store::canonical( 'EPOSTA', $email );
		$found   = array();
		foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}izin_consents WHERE address = %s", $address ) ) as $row ) {
			$found[] = self::item(
				"consent-$row->channel",
				array(
					__( 'Channel', 'izin' )       => $row->channel,
					__( 'Consent', 'izin' )       => $row->word,
					__( 'Recorded', 'izin' )      => $row->moved,
					__( 'Number at İzin', 'izin' ) => $row->transaction,
				)
			);
		}
		foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}izin_queue WHERE address = %s", $address ) ) as $row ) {
			$found[] = self::item(
				"queue-$row->id",
				array(
					__( 'Channel', 'izin' )    => $row->channel,
					__( 'Consent', 'izin' )    => $row->word,
					__( 'Given (UTC)', 'izin' ) => $row->happened,
					__( 'Wording', 'izin' )    => $row->wording,
					__( 'Version', 'izin' )    => $row->version,
					__( 'Page', 'izin' )       => $row->page,
				)
			);
		}
		return array(
			'data' => $found,
			'done' => true,
		);
	}

	/**
	 * The form that WordPress asks for.
	 *
	 * @param string $id     Its id.
	 * @param array  $values Name to value.
	 * @return array
	 */
	private static function item( $id, $values ) {
		$data = array();
		foreach ( $values as $name => $value ) {
			$data[] = compact( 'name', 'value' );
		}
		return array(
			'group_id'    => 'izin',
			'group_label' => __( 'Consents (İzin)', 'izin' ),
			'item_id'     => $id,
			'data'        => $data,
		);
	}

	/**
	 * Forgets a person. Who is forgotten cannot be asked: a consent in force is refused first. A refusal is deleted once İzin has it.
	 *
	 * @param string $email Whose.
	 * @return array
	 */
	public static function erase( $email ) {
		global $wpdb;
		$address  = Izin_Store::canonical( 'EPOSTA', $email );
		$stood    = 'ONAY' === Izin_Store::last_word( 'EPOSTA', $address );
		$refusing = (int) $wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->prefix}izin_queue SET forget = 1 WHERE address = %s AND word = 'RET' AND state <> 'done'", $address ) );
		$removed  = (int) $wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->prefix}izin_queue WHERE address = %s AND forget = 0", $address ) );
		$removed += (int) $wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->prefix}izin_consents WHERE address = %s", $address ) );
		if ( $stood ) {
			Izin_Queue::add( 'EPOSTA', $address, 'RET', 'wordpress-erasure', array( 'forget' => 1 ) );
		}
		return array(
			'items_removed'  => $removed > 0,
			'items_retained' => $stood || $refusing,
			'messages'       => $stood || $refusing ? array( __( 'The consent is being refused at İzin. The address is deleted here as soon as İzin has the refusal, usually within a minute. İzin keeps the record of the consent, as the law asks.', 'izin' ) ) : array(),
			'done'           => true,
		);
	}

	/**
	 * Text for the privacy policy.
	 */
	public static function policy() {
		$text = __( 'If you tick the box for offers and news, we report your consent to the consent registry İzin: your e-mail address or telephone number, the time, the wording you saw and the page. Your IP address is not part of it. You can refuse at any time on your profile page or at İzin.', 'izin' );
		wp_add_privacy_policy_content( 'İzin', wp_kses_post( wpautop( $text ) ) );
	}
}
