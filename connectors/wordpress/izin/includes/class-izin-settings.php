<?php
/**
 * The settings, and the secrets among them.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

/**
 * Settings of the plugin. Each can also be a constant of wp-config.php: IZIN_URL, IZIN_USER, IZIN_PASSWORD …
 */
class Izin_Settings {

	const CHANNELS = array( 'EPOSTA', 'MESAJ', 'ARAMA' );
	const NAMES    = array( 'url', 'user', 'iys', 'brand', 'channels', 'version', 'push_user', 'wording_EPOSTA', 'wording_MESAJ', 'wording_ARAMA' );

	/**
	 * One setting.
	 *
	 * @param string $name url, user, iys, brand, channels, version, push_user, or wording_ and a channel.
	 * @return mixed
	 */
	public static function get( $name ) {
		if ( self::is_fixed( $name ) ) {
			$fixed = constant( self::constant( $name ) );
			return 'url' === $name ? untrailingslashit( $fixed ) : ( 'channels' === $name ? (array) $fixed : (string) $fixed );
		}
		$kept = get_option( 'izin_settings', array() );
		if ( isset( $kept[ $name ] ) && '' !== $kept[ $name ] ) {
			return $kept[ $name ];
		}
		switch ( $name ) {
			case 'channels':
				return array( 'EPOSTA' );
			case 'version':
				return '1';
			case 'push_user':
				return 'izin-push';
			case 'wording_EPOSTA':
				/* translators: %s: name of the site. */
				return sprintf( __( 'I want %s to send me offers and news by e-mail. I can refuse at any time, free of charge.', 'izin' ), self::site() );
			case 'wording_MESAJ':
				/* translators: %s: name of the site. */
				return sprintf( __( 'I want %s to send me offers and news by SMS. I can refuse at any time, free of charge.', 'izin' ), self::site() );
			case 'wording_ARAMA':
				/* translators: %s: name of the site. */
				return sprintf( __( 'I want %s to call me with offers and news. I can refuse at any time, free of charge.', 'izin' ), self::site() );
		}
		return '';
	}

	/**
	 * Name of a setting's constant.
	 *
	 * @param string $name Of a setting or secret.
	 * @return string
	 */
	public static function constant( $name ) {
		return 'IZIN_' . strtoupper( $name );
	}

	/**
	 * Whether wp-config.php has this setting or secret.
	 *
	 * @param string $name Which.
	 * @return bool
	 */
	public static function is_fixed( $name ) {
		return defined( self::constant( $name ) );
	}

	/**
	 * What evidence names: the version as it is set, and a mark of the wording. A site's name, its language and a constant
	 * change wordings too, and two wordings never share a version.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @return string At most 64 letters.
	 */
	public static function version( $channel ) {
		return mb_substr( self::get( 'version' ), 0, 55 ) . '-' . substr( hash( 'sha256', self::get( "wording_$channel" ) ), 0, 8 );
	}

	/**
	 * Name of this site, without entities.
	 *
	 * @return string
	 */
	private static function site() {
		return wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES );
	}

	/**
	 * Whether enough is set to reach İzin. No password goes to an address without https, also where wp-config.php names it.
	 *
	 * @return bool
	 */
	public static function complete() {
		return self::is_safe( self::get( 'url' ) ) && self::get( 'user' ) && self::get( 'iys' ) && self::get( 'brand' ) && self::secret( 'password' );
	}

	/**
	 * A secret: password, push_password or push_secret.
	 *
	 * @param string $name Which.
	 * @return string Empty where there is none, or where the site's salts have changed since.
	 */
	public static function secret( $name ) {
		if ( self::is_fixed( $name ) ) {
			return (string) constant( self::constant( $name ) );
		}
		$kept = get_option( 'izin_secrets', array() );
		return isset( $kept[ $name ] ) ? self::open( $kept[ $name ] ) : '';
	}

	/**
	 * Keeps a secret, sealed.
	 *
	 * @param string $name  Which.
	 * @param string $value The secret.
	 */
	public static function keep_secret( $name, $value ) {
		$kept          = get_option( 'izin_secrets', array() );
		$kept[ $name ] = self::seal( $value );
		update_option( 'izin_secrets', $kept, false );
	}

	/**
	 * Seals with the salts of wp-config.php, which a copy of the database lacks.
	 *
	 * @param string $text What is sealed.
	 * @return string
	 */
	public static function seal( $text ) {
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		return base64_encode( $nonce . sodium_crypto_secretbox( $text, $nonce, self::key() ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
	}

	/**
	 * Opens what seal() gave.
	 *
	 * @param string $sealed Sealed text.
	 * @return string Empty where it cannot be opened.
	 */
	public static function open( $sealed ) {
		$bytes = base64_decode( (string) $sealed, true ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		$size  = SODIUM_CRYPTO_SECRETBOX_NONCEBYTES;
		if ( false === $bytes || strlen( $bytes ) <= $size ) {
			return '';
		}
		$text = sodium_crypto_secretbox_open( substr( $bytes, $size ), substr( $bytes, 0, $size ), self::key() );
		return false === $text ? '' : $text;
	}

	/**
	 * The key of the seals.
	 *
	 * @return string 32 bytes.
	 */
	private static function key() {
		return hash( 'sha256', 'izin' . wp_salt( 'secure_auth' ), true );
	}

	/**
	 * Checks what the settings page sent, and keeps the secrets apart.
	 *
	 * @param mixed $sent Fields of the form.
	 * @return array
	 */
	public static function sanitize( $sent ) {
		$before = get_option( 'izin_settings', array() );
		if ( ! is_array( $sent ) ) {
			return $before;
		}
		// The form cannot send what wp-config.php has fixed; what was saved before stays beneath it.
		foreach ( self::NAMES as $name ) {
			if ( self::is_fixed( $name ) ) {
				$sent[ $name ] = isset( $before[ $name ] ) ? $before[ $name ] : '';
			}
		}
		$url = untrailingslashit( esc_url_raw( trim( self::field( $sent, 'url' ) ), array( 'https', 'http' ) ) );
		if ( '' !== $url && ! self::is_safe( $url ) ) {
			add_settings_error( 'izin_settings', 'url', __( 'The address of İzin must begin with https://. It was not saved.', 'izin' ) );
			$url = isset( $before['url'] ) ? $before['url'] : '';
		}
		$kept = array(
			'url'       => $url,
			'user'      => sanitize_text_field( self::field( $sent, 'user' ) ),
			'iys'       => preg_replace( '/\D/', '', self::field( $sent, 'iys' ) ),
			'brand'     => preg_replace( '/\D/', '', self::field( $sent, 'brand' ) ),
			'channels'  => array_values( array_intersect( self::CHANNELS, isset( $sent['channels'] ) ? (array) $sent['channels'] : array() ) ),
			'version'   => mb_substr( sanitize_text_field( self::field( $sent, 'version' ) ), 0, 64 ),
			'push_user' => sanitize_text_field( str_replace( ':', '', self::field( $sent, 'push_user' ) ) ),
		);
		foreach ( self::CHANNELS as $channel ) {
			$name          = "wording_$channel";
			$kept[ $name ] = mb_substr( sanitize_textarea_field( self::field( $sent, $name ) ), 0, 2000 );
		}
		foreach ( array( 'password', 'push_password', 'push_secret' ) as $name ) {
			$given = trim( self::field( $sent, $name ) );
			if ( '' !== $given ) {
				self::keep_secret( $name, $given );
			}
		}
		delete_option( 'izin_token' );
		Izin_Queue::resume();
		return $kept;
	}

	/**
	 * A text of the form.
	 *
	 * @param array  $sent Fields.
	 * @param string $name Which.
	 * @return string
	 */
	private static function field( $sent, $name ) {
		return isset( $sent[ $name ] ) && is_string( $sent[ $name ] ) ? $sent[ $name ] : '';
	}

	/**
	 * Whether an address has https, or is on this machine, where a trial needs none.
	 *
	 * @param string $url The address.
	 * @return bool
	 */
	private static function is_safe( $url ) {
		return 0 === strpos( $url, 'https://' ) || in_array( wp_parse_url( $url, PHP_URL_HOST ), array( '127.0.0.1', 'localhost', '[::1]' ), true );
	}
}
